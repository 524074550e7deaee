"""Tokens of CIFs: quotes, comments, text fields, loops of any shape."""

from ewald.io.crystals.cif_blocks import cif_blocks


def only(text):
    [block] = cif_blocks(text)
    return block


def test_quotes_end_before_a_space_and_hashes_inside_words_are_no_comments():
    block = only("data_x\n_a 'it's # here' # not here\n_b O1' _c \"two words\"\n")
    assert block.values == {"_a": ["it's # here"], "_b": ["O1'"], "_c": ["two words"]}


def test_text_fields_may_hold_anything_and_stand_in_loops():
    block = only("data_x\n_t\n;\nloop_ _a 'b\ndata_y\n;\nloop_\n_a\n_b\n1\n;two\nlines\n;\n3 4\n")
    assert block.values == {"_t": ["loop_ _a 'b\ndata_y"], "_a": ["1", "3"], "_b": ["two\nlines", "4"]}


def test_triple_quotes():
    assert only("data_x _t '''one\n'two' ''' _u 1").values == {"_t": ["one\n'two' "], "_u": ["1"]}


def test_a_list_or_table_of_cif_2_is_one_value_and_brackets_of_cif_1_are_text():
    text = 'data_x\n_t {\'a\':[1 \']\' 2]} loop_ _a _u\nLi [[1 0]\n [0 1]] Na [] _s """it\'s\n"two" """\n'
    block = only("#\\#CIF_2.0\n" + text)
    assert block.values == {
        "_t": ["{'a':[1 ']' 2]}"], "_a": ["Li", "Na"], "_u": ["[[1 0]\n [0 1]]", "[]"], "_s": ["it's\n\"two\" "]
    }  # fmt: skip
    assert only("data_x loop_ _a _b [Li 1 [Na 2").values == {"_a": ["[Li", "[Na"], "_b": ["1", "2"]}


def test_rows_may_be_broken_and_columns_shared():
    assert only("data_x loop_ _a _b 1\n2 3\n\n4 _c 5").values == {"_a": ["1", "3"], "_b": ["2", "4"], "_c": ["5"]}


def test_a_loop_that_is_no_table_is_left_out_and_named():
    block = only("data_x loop_ _a _b 1 2 3 _c 5")
    assert block.values == {"_c": ["5"]}
    assert block.ragged == {"_a": "3", "_b": "3"}


def test_a_name_without_a_value_is_unknown():
    block = only("data_x _a _b 2")
    assert block.values == {"_a": ["?"], "_b": ["2"]}
    assert (block.first("_a", "_b"), block.first("_a"), block.column("_b", 2)) == ("2", "", ["?", "?"])


def test_second_blocks_of_a_name():
    assert [b.name for b in cif_blocks("data_I _a 1 data_I _a 2 DATA_II _a 3 data_ _a 4")] == ["I", "I_2", "II", ""]
    assert cif_blocks("<html>not found</html>") == []


def test_blanks_before_an_uncertainty_are_no_border_between_values():
    assert only("data_x loop_ _a _b 0.26320(  12) 1.( 3) Fe( 2) x y").values["_a"] == ["0.26320(12)", "Fe(", "x"]


def test_lists_of_coordinates_are_columns():
    block = only("#\\#CIF_2.0\ndata_x loop_ _atom_site.label _atom_site.fract_xyz Na1 [0 0.5 .25] Cl1 ?")
    assert [block.values[f"_atom_site_fract_{axis}"] for axis in "xyz"] == [["0", "?"], ["0.5", "?"], [".25", "?"]]


def test_a_second_loop_of_the_same_atoms_in_another_order_is_put_in_that_of_the_first():
    block = only("data_x loop_ _label _x Na1 1 Cl1 2 O1 3 loop_ _label _occupancy O1 .3 Na1 .1")
    assert block.values == {"_label": ["Na1", "Cl1", "O1"], "_x": ["1", "2", "3"], "_occupancy": [".1", "?", ".3"]}
