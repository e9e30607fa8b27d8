"""The programme's vocabulary is complete and understands what people type."""

import pytest

from asean_social import taxonomy, text


def test_the_vocabulary_is_complete():
    sizes = {kind: len(terms) for kind, terms in taxonomy.TERMS.items()}

    assert sizes == {"pillar": 4, "theme": 26, "form": 14, "goal": 5, "audience": 7, "period": 2}


@pytest.mark.parametrize("kind", taxonomy.TERMS)
def test_no_name_of_a_kind_means_two_things(kind):
    names = [name for term in taxonomy.TERMS[kind] for name in {term.slug, term.alias}]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("kind", taxonomy.TERMS)
def test_every_term_has_both_languages_and_resolves_by_slug_and_alias(kind):
    for term in taxonomy.TERMS[kind]:
        assert term.vi == text.nfc(term.vi)
        assert term.vi
        assert term.en
        assert taxonomy.resolve(kind, term.slug) == taxonomy.resolve(kind, term.alias) == term.slug


def test_the_pillars_are_those_of_the_vocabulary():
    assert [pillar.value for pillar in taxonomy.Pillar] == [term.slug for term in taxonomy.TERMS["pillar"]]


@pytest.mark.parametrize("typed", ["ngoai-giao", "Ngoại giao", "NGOẠI GIAO", "diplomacy"])
def test_an_alias_may_be_typed_with_accents(typed):
    assert taxonomy.resolve("theme", typed) == "diplomacy"


def test_an_unknown_name_resolves_to_nothing_and_the_nearest_is_suggested():
    assert taxonomy.resolve("theme", "diplomasy") is None
    assert taxonomy.nearest("theme", "diplomasy") == "diplomacy"
    assert taxonomy.nearest("theme", "xyzzy") is None
