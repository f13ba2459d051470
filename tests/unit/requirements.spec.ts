import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from '@playwright/test'

import * as library from '../../src/index.ts'
import { Machine } from '../../src/machine/machine.ts'
import { checkLeaks } from '../fixtures/leaks.ts'
import { requirements } from '../vm/requirements.ts'

const folder = join(import.meta.dirname, '..')

/** What the driver's table of methods and globals has, by sections. */
const driver = `
  execute succeed fail wait_until_succeeds wait_until_fails systemctl start_job stop_job sleep shell_interact console_interact
  send_console send_monitor_command ssh_backdoor_command
  retry wait_for_unit require_unit_state get_unit_info get_unit_property wait_for_file wait_for_open_port wait_for_closed_port
  wait_for_open_unix_socket wait_for_console_text get_console_log wait_until_tty_matches get_tty_text dump_tty_contents
  wait_for_text wait_for_window get_window_names wait_for_x wait_for_qmp_event wait_for_shutdown
  copy_from_host copy_from_host_via_shell copy_from_machine copy_from_vm
  forward_port block unblock vlans
  send_key send_chars screenshot get_screen_text_variants get_screen_text
  start connect shutdown crash reboot switch_root is_up release create_efi_vars read_efi_vars write_efi_vars dump_efi_vars
  name booted connected pid state_dir shared_dir out_dir keep_machine_state
  machine.log machine.nested machine.log_serial log serial_stdout_on serial_stdout_off subtest
  machine machines start_all join_all run_tests test_script polling_condition create_machine debug.breakpoint dump_machine_ssh t
`

test('every method and global of the driver is in the table, and so are R1 to R6', () => {
  const names = requirements.map((each) => each.driver).flatMap((row) => row.split(', '))
  for (const name of driver.trim().split(/\s+/)) expect(names).toContain(name)
  for (const number of [1, 2, 3, 4, 5, 6])
    expect(names.filter((name) => name.startsWith(`R${number}:`))).toHaveLength(1)
})

test('every row has a test that exists, or one of at most five reasons', () => {
  for (const { driver, test, reason } of requirements) {
    expect(test === undefined, driver).toBe(reason !== undefined)
    if (!test) continue
    const [file, title] = test
    const text = readFileSync(join(folder, file), 'utf8')
    expect(
      [`test('${title}'`, `test("${title}"`, `test(\`${title}\``].some((each) => text.includes(each)),
      `${file} has a test "${title}"`,
    ).toBe(true)
  }
  expect(requirements.filter(({ reason }) => reason !== undefined).length).toBeLessThanOrEqual(5)
})

test('what is named by one word is a verb of Machine, a function, an option or a fixture', () => {
  const known = new Set([
    ...Object.getOwnPropertyNames(Machine.prototype),
    ...Object.keys(library),
    ...['name', 'diskGiB', 'keepState', 'shares', 'vm', 'expect'],
  ])
  const words = requirements.flatMap(({ ours }) => (ours !== undefined && /^\w+$/.test(ours) ? [ours] : []))
  expect(words.filter((word) => !known.has(word))).toEqual([])
})

checkLeaks()
