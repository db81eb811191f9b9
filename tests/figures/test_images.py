from noising.figures.images import ImageCache


def test_keeps_what_there_is_room_for_and_what_was_used_last() -> None:
    images = ImageCache(most_bytes=10)
    images.put("a", b"1234")
    images.put("b", b"5678")
    assert images.get("a") == b"1234"
    images.put("c", b"9012")
    assert [images.get(key) for key in "abc"] == [b"1234", None, b"9012"]
    assert images.total_bytes == 8


def test_the_same_key_takes_its_room_once() -> None:
    images = ImageCache(most_bytes=10)
    for _ in range(5):
        images.put("a", b"12345678")
    assert images.total_bytes == 8
    images.put("a", b"12")
    assert (images.get("a"), images.total_bytes) == (b"12", 2)


def test_what_is_larger_than_the_room_is_not_kept() -> None:
    images = ImageCache(most_bytes=10)
    images.put("a", b"1")
    images.put("b", b"x" * 11)
    assert (images.get("b"), images.total_bytes) == (None, 0)


def test_forgets_all() -> None:
    images = ImageCache(most_bytes=10)
    images.put("a", b"1")
    images.clear()
    assert (images.get("a"), images.total_bytes) == (None, 0)
