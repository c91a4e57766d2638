/** The keys of ITU-T Q.23, by row and column: `keypad[row * 4 + column]`. */
export const keypad = '123A456B789C*0#D';
/** The low group, one for each row. */
export const rowsHz = [697, 770, 852, 941] as const;
/** The high group, one for each column. */
export const columnsHz = [1209, 1336, 1477, 1633] as const;
