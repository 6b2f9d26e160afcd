import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { commands } from '../../src/command/commands.ts'
import { exitCodes } from '../../src/command/exit-code.ts'
import { manPage } from '../../src/command/man-page.ts'
import { optionNames } from '../../src/command/options/option-table.ts'

const file = join(import.meta.dirname, '../../man/portolan.1')
const plain = manPage().replaceAll('\\-', '-')

test('the manual page that ships is the one that `npm run man-page` writes', () => {
  expect(readFileSync(file, 'utf8')).toBe(manPage())
})

test('the manual page has every command, option, example and exit code', () => {
  for (const [name, { examples }] of Object.entries(commands)) {
    expect(plain).toContain(`\n.SS ${name}\n`)
    for (const { line } of examples) expect(plain).toContain(`\n.B ${line.replaceAll('~', '\\(ti')}\n`)
  }
  for (const name of optionNames) expect(plain).toContain(`\\fB--${name}\\fR`)
  for (const { code, meaning } of Object.values(exitCodes)) expect(plain).toContain(`.B ${code}\n${meaning}.`)
})

test('no line of the manual page is taken for a request that is none', () => {
  const requests = manPage()
    .split('\n')
    .filter((line) => /^[.']/.test(line))
  expect(requests.filter((line) => !/^\.(TH|SH|SS|PP|TP|B|BR|I|nh|ad)( |$)/.test(line))).toEqual([])
})

test.each([
  ['mandoc', ['-T', 'lint', file]],
  ['groff', ['-ww', '-man', '-T', 'utf8', '-z', file]],
])('%s has nothing to say of the manual page', (program, words) => {
  // Debian has both programs. script/bootstrap --tests installs mandoc.
  if (!existsSync(`/usr/bin/${program}`)) {
    process.stderr.write(`\n*** NOT RUN: ${program} is not installed.\n`)
    return
  }
  const { stdout, stderr } = spawnSync(program, words, { encoding: 'utf8' })
  // The page has no date on purpose, so this complaint is left out.
  const said = `${stdout}${stderr}`
    .split('\n')
    .filter((line) => line !== '' && !line.includes('missing date'))
  expect(said).toEqual([])
})

test('its page in docs has every exit code', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../../docs/command.md'), 'utf8')
  const codes = Object.values(exitCodes).map(({ code, meaning }) => `${code} ${meaning}`)
  expect(page).toContain(`exits with ${codes.join(', ')}.`)
})
