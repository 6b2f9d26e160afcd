import { readdirSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'

const packages = fileURLToPath(new URL('../../packages', import.meta.url))

/** Removes doc comments, because their examples may print. */
const withoutExamples = (code: string): string => code.replaceAll(/\/\*\*.*?\*\//gs, '')

/** The source files that match a pattern, without those that may. */
const filesWith = (pattern: RegExp, folder: string, allowed: readonly string[]): readonly string[] =>
  readdirSync(`${packages}/${folder}`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => `${entry.parentPath}/${entry.name}`)
    .filter((file) => /\/src\//.test(file) && !/\/node_modules\//.test(file))
    .filter((file) => pattern.test(withoutExamples(readFileSync(file, 'utf8'))))
    .map((file) => relative(packages, file))
    .filter((file) => !allowed.includes(file))
    .sort()

const command = 'portolan/src/command'

// Text that reaches a terminal in another way would contain foreign names without escapes.
test('only the terminal of the command writes text to standard output and standard error', () => {
  const output = /\bconsole\.|process\.std(out|err)\b/
  const allowed = [
    `${command}/output/terminal.ts`,
    // The output to which the terminal and `evaluate` write. It has a test of its own below.
    `${command}/output/standard-output.ts`,
    // Asks how wide the terminal is.
    `${command}/output/terminal-shape.ts`,
    // Prints one sentence of its own when the terminal cannot be written to.
    `${command}/output/failed-output.ts`,
    // Prints the JSON answer for a runtime, and warnings for its log.
    'cni/src/start/plugin-program.ts',
  ]
  expect(filesWith(output, '.', allowed)).toEqual([])
  expect(filesWith(output, '.', [])).toEqual([...allowed].sort())
})

test('only the terminal, the version and the JSON of evaluate go to the output as they are', () => {
  const allowed = [
    `${command}/main.ts`,
    `${command}/commands/evaluate.ts`,
    `${command}/output/standard-output.ts`,
    `${command}/output/terminal.ts`,
  ]
  expect(filesWith(/\b(?:writeOutput|outputStream)\b/, '.', [])).toEqual([...allowed].sort())
})

test('a message is one line, but for what has lines of its own', () => {
  const allowed = [
    `${command}/output/terminal.ts`,
    `${command}/output/timed-terminal.ts`,
    // Prints the plan before the question.
    `${command}/commands/apply.ts`,
    // Prints each command of a remedy in full, on a line of its own.
    `${command}/commands/destroy.ts`,
    `${command}/commands/docker-plugin.ts`,
    // Prints the output of nft, iptables or another program.
    `${command}/output/say-error.ts`,
  ]
  expect(filesWith(/\bsayLines\b/, '.', [])).toEqual([...allowed].sort())
})

test('the command prints JSON by jsonText alone, which escapes what a terminal would obey', () => {
  // Messages may quote a word by JSON.stringify, but printed JSON is not made by it.
  const printed = /(?:print|write|answer:)\s*\(?\s*JSON\.stringify|JSON\.stringify\([^;]*, 2\)/
  expect(filesWith(printed, command.replace('/src/command', '/src'), [])).toEqual([])
})
