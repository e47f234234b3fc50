"""A page of HTML as a strict reader sees it."""

from html.parser import HTMLParser

VOID = {"meta", "br", "hr", "img", "link", "input"}
EMPTY_SVG = {"rect", "path", "polyline", "circle"}  # which close themselves


class Page(HTMLParser):
    """Refuses tags that are not closed in order; collects texts and attributes."""

    def __init__(self, text):
        super().__init__()
        self.open, self.texts, self.attributes, self.tags = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        assert tag in EMPTY_SVG
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if data.strip():
            self.texts.append((self.open[-1] if self.open else "", data))

    def inside(self, tag):
        return [data for where, data in self.texts if where == tag]

    def values(self, tag, name):
        return [value for each, key, value in self.attributes if (each, key) == (tag, name)]
