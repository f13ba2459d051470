/**
 * The keys that QEMU knows by name: its `QKeyCode`, as of 7.2 and without `unmapped`. Keys are places on a board: `y` is
 * the one between `t` and `u`, whatever the guest makes of it.
 *
 * Source: https://www.qemu.org/docs/master/interop/qemu-qmp-ref.html
 */
export const keyNames: readonly string[] = [
  'shift shift_r alt alt_r ctrl ctrl_r meta_l meta_r menu compose caps_lock num_lock scroll_lock',
  'esc f1 f2 f3 f4 f5 f6 f7 f8 f9 f10 f11 f12 print sysrq pause',
  'grave_accent 1 2 3 4 5 6 7 8 9 0 minus equal backspace',
  'tab q w e r t y u i o p bracket_left bracket_right ret',
  'a s d f g h j k l semicolon apostrophe backslash',
  'less z x c v b n m comma dot slash spc',
  'insert delete home end pgup pgdn up down left right',
  'kp_0 kp_1 kp_2 kp_3 kp_4 kp_5 kp_6 kp_7 kp_8 kp_9',
  'kp_divide kp_multiply kp_subtract kp_add kp_enter kp_decimal kp_comma kp_equals asterisk',
  'power sleep wake audionext audioprev audiostop audioplay audiomute volumeup volumedown mediaselect mail',
  'calculator computer ac_home ac_back ac_forward ac_refresh ac_bookmarks',
  'stop again props undo front copy open paste find cut lf help',
  'ro hiragana henkan yen muhenkan katakanahiragana lang1 lang2',
].flatMap((row) => row.split(' '))
