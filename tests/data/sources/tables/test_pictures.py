from collections.abc import Callable
from pathlib import Path

import pytest

from multihot.data.samples import SetAside
from multihot.data.sources import read
from multihot.errors import DataError

Pictures = Callable[..., Path]
Table = Callable[..., Path]


@pytest.mark.parametrize("written", ["pictures/deep/a.png", "deep/a.png", "a.png", "a", "../up/pictures/deep/a.png"])
def test_pictures_are_found_from_the_table(pictures: Pictures, table: Table, written: str) -> None:
    folder = pictures("up/pictures/deep/a.png", "up/pictures/deep/b.png") / "up"
    samples = read(table(folder, f"id,tags\n{written},x\n"))
    assert samples.ids == (written,)
    assert samples.images.paths[0].resolve() == (folder / "pictures/deep/a.png").resolve()


def test_absolute_paths_are_read_from_the_folder_of_the_table(folder: Path, table: Table, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    source = table(folder, f"file,tags\n{folder}/a.png,x\n{folder}/b.png,y\n")
    assert read(source).images.paths == (folder / "a.png", folder / "b.png")
    assert read(tmp_path / "link" / source.name).images.paths == (folder / "a.png", folder / "b.png")


@pytest.mark.parametrize("start", ["{folder}/p/", "../p/"])
def test_pictures_outside_the_folder_of_the_table_need_a_root(pictures: Pictures, table: Table, start: str) -> None:
    folder = pictures("p/a.png", "p/b.png", "t/images/c.png")
    start = start.format(folder=folder)
    source = table(folder / "t", f"file,tags\n{start}a.png,x\n{start}b.png,y\n")
    message = (
        rf"the pictures in the column 'file' lie outside {folder}/t, such as {start}a\.png: pass a folder that holds"
    )
    for where in (source, folder / "t"):
        with pytest.raises(DataError, match=message):
            read(where)
        assert read(where, root=folder).ids == (f"{start}a.png", f"{start}b.png")
    assert len(read(source, root=folder / "p")) == 2


def test_single_paths_that_leave_the_folder_of_the_table_are_set_aside(pictures: Pictures, table: Table) -> None:
    folder = pictures("p/a.png", "t/a.png", "t/in/b.png")
    source = table(folder / "t", "file,tags\na.png,x\n../p/a.png,y\n/etc/passwd,y\nin/../in/b.png,y\n")
    samples = read(source)
    assert samples.ids == ("a.png", "in/b.png")
    assert samples.set_aside == tuple(
        SetAside(name, f"lies outside {folder}/t: pass a folder that holds it as root (--read root=FOLDER)")
        for name in ("../p/a.png", "/etc/passwd")
    )


def test_paths_must_not_leave_a_root_that_is_given(pictures: Pictures, table: Table) -> None:
    folder = pictures("in/a.png", "out/b.png")
    source = table(folder, f"file,tags\na.png,x\n../out/b.png,y\n{folder}/out/b.png,y\n{folder}/in/a.png,z\n")
    samples = read(source, root=str(folder / "in"))
    assert samples.ids == (f"{folder}/in/a.png", "a.png")
    assert [name for name, _ in samples.set_aside] == ["../out/b.png", f"{folder}/out/b.png"]
    assert all(reason.startswith(f"lies outside {folder}/in: ") for _, reason in samples.set_aside)


def test_names_of_several_files_are_not_guessed_at(pictures: Pictures, table: Table) -> None:
    folder = pictures("p/x/a.png", "p/y/a.png", "p/y/b.png")
    samples = read(table(folder, "id,tags\na,u\nb,v\n"))
    assert samples.ids == ("b",)
    assert samples.set_aside == (SetAside("a", f"no such file in {folder}"),)


def test_missing_pictures_are_set_aside_by_name(folder: Path, table: Table) -> None:
    samples = read(table(folder, "file,labels\na.png,x\ngone.png,y\n,z\n"))
    assert samples.ids == ("a.png",)
    assert samples.set_aside == (
        SetAside("gone.png", f"no such file in {folder}"),
        SetAside("line 4", "nothing in the column 'file'"),
    )
