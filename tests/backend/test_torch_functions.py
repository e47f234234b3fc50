"""Steps with gradients of their own, against finite differences and against what torch's operations give."""

import weakref

import pytest
import torch

from simtool.backend import tensor_dots, tensor_logsumexp, tensor_partner_loss

MEMBERS = torch.tensor([[True, False, True, True], [False, True, False, False], [False] * 4])


def rows(*shape):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1)).requires_grad_()


@pytest.mark.parametrize("check", [torch.autograd.gradcheck, torch.autograd.gradgradcheck])
def test_gradients_and_theirs_are_those_of_the_formula(check):
    assert check(tensor_dots, [rows(5, 3), rows(5, 4)[:, 1:]])
    assert check(tensor_dots, [rows(5, 3).detach(), rows(5, 3)])
    assert check(lambda values: tensor_logsumexp(values, MEMBERS)[:2], [rows(3, 4)])
    assert check(lambda logits: tensor_partner_loss(logits, torch.tensor([3, 0, 2])), [rows(3, 4)])
    assert check(lambda logits: tensor_partner_loss(logits, torch.tensor([0, 0])), [rows(2, 1)])


@pytest.mark.parametrize("n", [2, 41])  # in one part, and in two
def test_float32_rows_are_summed_in_float64(n):
    x, y = rows(n, 4000).float(), rows(4000, n).T.float()
    for found, (one, other) in zip(tensor_dots(x, y), ((x, y), (x, x), (y, y)), strict=True):
        torch.testing.assert_close(found, (one.double() * other.double()).sum(1), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("shape", [(0, 3), (2, 0), (2, 3, 4), (3,)])
def test_dots_of_any_shape_are_those_along_the_last_dim(shape):
    x, y = rows(*shape).float(), rows(*shape).float() + 1
    found, *_ = tensor_dots(x, y)
    torch.testing.assert_close(found, (x * y).double().sum(-1), rtol=1e-6, atol=1e-6)


def test_a_row_without_members_has_no_gradient_and_large_values_do_not_overflow():
    values = (1000 * rows(3, 4)).detach().requires_grad_()
    found = tensor_logsumexp(values, MEMBERS)
    assert found[2] == -torch.inf
    expected = torch.stack([torch.logsumexp(values[i, MEMBERS[i]], 0) for i in range(2)])
    torch.testing.assert_close(found[:2], expected, rtol=1e-14, atol=0)
    torch.exp(found - 1000).sum().backward(retain_graph=True)
    assert values.grad[2].tolist() == [0, 0, 0, 0]
    assert not values.grad[~MEMBERS].any()


def test_what_the_gradient_is_made_of_goes_with_the_graph():
    total = tensor_logsumexp(rows(3, 4), MEMBERS)[:2].sum()
    shares = weakref.ref(total.grad_fn.next_functions[0][0].next_functions[0][0].saved_tensors[3])
    assert shares() is not None
    total.backward()
    assert shares() is None


def test_gradients_of_functions_are_those_of_backward():
    x, y = rows(5, 3).detach(), rows(5, 3).detach() + 1
    torch.testing.assert_close(torch.func.grad(lambda x: tensor_dots(x, y)[0].sum())(x), y)
    values = rows(3, 4).detach()
    found = torch.func.grad(lambda values: tensor_logsumexp(values, MEMBERS)[:2].sum())(values)
    expected = torch.where(MEMBERS, torch.exp(values.masked_fill(~MEMBERS, -torch.inf)), 0)
    torch.testing.assert_close(found[:2], (expected / expected.sum(1, keepdim=True))[:2])


def test_a_value_that_is_none_spoils_its_row_alone():
    values = torch.zeros(3, 4, dtype=torch.float64)
    values[0, 2] = torch.nan
    found = tensor_logsumexp(values, MEMBERS)
    assert found.isnan().tolist() == [True, False, False]


@pytest.mark.parametrize("scale", [1.0, 1000.0, 1e-12])
def test_the_loss_of_a_partner_is_its_cross_entropy(scale):
    logits, partners = (scale * rows(5, 4)).detach().requires_grad_(), torch.tensor([3, 0, 2, 1, 0])
    found = tensor_partner_loss(logits, partners)
    expected = torch.nn.functional.cross_entropy(logits, partners, reduction="none")
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-13)
    slopes = (torch.autograd.grad(each @ torch.arange(1.0, 6.0).double(), logits)[0] for each in (found, expected))
    torch.testing.assert_close(*slopes, rtol=1e-12, atol=1e-14)
    function = torch.func.grad(lambda logits: tensor_partner_loss(logits, partners).sum())
    reference = torch.softmax(logits.detach(), 1) - torch.nn.functional.one_hot(partners, 4)
    torch.testing.assert_close(function(logits.detach()), reference)


def test_a_partner_alone_and_one_far_ahead_cost_nothing_that_is_lost():
    assert tensor_partner_loss(torch.tensor([[5.0]], dtype=torch.float64), torch.tensor([0])).tolist() == [0.0]
    lead = tensor_partner_loss(torch.tensor([[50.0, 0.0]], dtype=torch.float64), torch.tensor([0]))
    assert lead.item() == pytest.approx(1.9287498479639178e-22, rel=1e-12)  # exp(-50)
