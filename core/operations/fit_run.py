"""What `fit` does with its plan: it trains the head, evaluates it on what is held out, and writes the files."""

from ..fitting.examples import Given, check_trainable
from ..fitting.held_out import HeldOutEvaluation, evaluate_held_out
from ..fitting.parts import Parts
from ..fitting.report import listed, summary_of
from ..fitting.run import FitResult, Run
from ..fitting.state import project_rows
from ..io.output import output_format, replacing
from ..io.writers import open_rows
from ..results import Column, Columns, Result


def run_fit(run: Run, held_out_ids: str | None, *, resume: bool, force: bool) -> Result:
    """Train, evaluate, and write the files."""
    given, plan = run.given, run.plan
    if plan.head == "whiten":
        fitted = run.whitened()
    else:
        check_trainable(run.parts.train, plan.per_class, given.where)
        fitted = run.trained(resume=resume)
    evaluation, losses = _evaluated(run, fitted)
    summary = summary_of(fitted.state, run.parts, evaluation, losses)
    run.finish(fitted, summary)
    if held_out_ids is not None:
        _write_ids(held_out_ids, given, run.parts, force=force or resume)
    run.notes.append(_verdict(run, fitted, evaluation))
    return Result(
        command="fit",
        inputs=given.names,
        parameters={**plan.shown(batches_of_classes=given.examples.codes is not None), "metric": run.metric},
        summary=summary,
        rows=Columns({}) if evaluation is None else listed(evaluation, losses),
        array=fitted.head.weight,
        history=None if fitted.state is None else fitted.state.epochs(),
        notes=tuple(run.notes),
        written={path: "" for path in (run.output, held_out_ids) if path is not None},
        headline=tuple(key for key in summary if "." not in key),
    )


def _evaluated(run: Run, fitted: FitResult) -> tuple[HeldOutEvaluation | None, tuple[float, float] | None]:
    """Return the measures and the loss on what was held out, before and after."""
    if not len(run.parts.held_out):
        return None, None
    before, after = run.parts.evaluation, project_rows(fitted.head, run.parts.evaluation)
    plan = run.plan
    evaluation = evaluate_held_out(before, after, run.parts.units, run.metric, seed=plan.seed, eps=plan.eps)
    if run.objective is None:
        return evaluation, None
    return evaluation, (run.loss_of(before, None), run.loss_of(before, fitted.head))


def _verdict(run: Run, fitted: FitResult, evaluation: HeldOutEvaluation | None) -> str:
    if fitted.state is not None and run.at_rest(fitted.state):
        return "the head did not change: no step had a gradient"
    if evaluation is None:
        return "nothing was held out, so there is no evaluation"
    return evaluation.sentence()


def _write_ids(path: str, given: Given, parts: Parts, *, force: bool) -> None:
    """Write the numbers of the examples held out, and their ids where they have any."""
    columns: dict[str, Column] = {"row": given.rows[parts.held_out]}
    if given.ids is not None:
        columns["id"] = given.ids[parts.held_out]
    with replacing(path, force=force) as temporary, open_rows(temporary, output_format(path)) as rows:
        rows.write(columns)
