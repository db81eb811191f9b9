"""The colour and stroke of a schedule."""

from noising.curves import choose_styles
from noising.curves.styles import STYLES
from noising.services import BUILTIN_SCHEDULES


def test_every_built_in_schedule_has_a_style_of_its_own_in_any_company():
    names = [builtin.slug for builtin in BUILTIN_SCHEDULES]
    styles = dict(zip(names, choose_styles(names), strict=True))
    assert len(set(styles.values())) == len(names) <= STYLES
    for name in names:
        assert choose_styles([name]) == [styles[name]]
    assert (
        choose_styles(["linear", "cosine"]) == choose_styles(["cosine", "linear"])[::-1]
    )


def test_other_names_keep_their_style_too_and_give_way_only_to_earlier_ones():
    names = [f"mine-{number}" for number in range(STYLES)]
    assert sorted(choose_styles(names)) == list(range(STYLES))
    [alone] = choose_styles(["mine-1"])
    assert choose_styles(["mine-1", "cosine"])[0] == alone
    assert len(choose_styles([*names, "one-more"])) == STYLES + 1
