from pathlib import Path

import pytest

from multihot.errors import RecipeError
from multihot.recipe import Recipe, override, read_yaml
from multihot.run import write_recipe


def test_names_stand_for_settings() -> None:
    recipe = Recipe(encoder="cnn28", head="linear", loss="binary_cross_entropy")  # type: ignore[arg-type]
    assert recipe.encoder.name == "cnn28"
    assert recipe == Recipe.parse({"encoder": {"name": "cnn28"}})


def test_yaml_round_trip(tmp_path: Path) -> None:
    recipe = Recipe.parse({"encoder": {"name": "cnn32", "size": 40}, "full": {"augment": {"rotation": 3}}, "seed": 7})
    write_recipe(tmp_path / "recipe.yaml", recipe)
    assert Recipe.load(tmp_path / "recipe.yaml") == recipe


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"encodr": "cnn28"}, "encodr: no such setting"),
        ({"encoder": {"nme": "x"}}, r"encoder\.nme: no such setting"),
        ({"full": {"epochs": 0}}, r"full\.epochs: .*greater than or equal to 1, got 0"),
        ({"tune": "all"}, "tune: .*'head', 'full' or 'head-then-full', got 'all'"),
        ({"split": {"train": 0.9}}, "sum to 1"),
    ],
)
def test_each_wrong_setting_is_named(values: dict[str, object], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        Recipe.parse(values)


def test_every_setting_is_documented() -> None:
    def undocumented(schema: dict, definitions: dict, path: str = "") -> list[str]:  # type: ignore[type-arg]
        missing = []
        for name, field in schema.get("properties", {}).items():
            inner = field.get("$ref", (field.get("allOf") or [{}])[0].get("$ref", ""))
            if inner:
                missing += undocumented(definitions[inner.split("/")[-1]], definitions, f"{path}{name}.")
            if not field.get("description"):
                missing.append(path + name)
        return missing

    schema = Recipe.model_json_schema()
    assert undocumented(schema, schema["$defs"]) == []


def test_overrides_go_deep_and_read_yaml() -> None:
    values = override({"encoder": "cnn28"}, {"encoder.size": "64", "full.augment.rotation": "5", "tune": "null"})
    assert values == {"encoder": {"name": "cnn28", "size": 64}, "full": {"augment": {"rotation": 5}}, "tune": None}


@pytest.mark.parametrize("text", ["a: [", "- just\n- a list", "\xff"])
def test_files_that_hold_no_recipe(tmp_path: Path, text: str) -> None:
    (tmp_path / "recipe.yaml").write_bytes(text.encode("latin-1"))
    with pytest.raises(RecipeError, match=r"recipe\.yaml"):
        read_yaml(tmp_path / "recipe.yaml")
