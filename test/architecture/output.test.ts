import { readdirSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'

const packages = fileURLToPath(new URL('../../packages', import.meta.url))

/** Examples in doc comments print what they like. */
const withoutExamples = (code: string): string => code.replaceAll(/\/\*\*.*?\*\//gs, '')

/** Source files in which a pattern stands, without those that are meant to have it. */
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

// Text that comes to a terminal by another way has names of others in it as they are.
test('only the terminal of the command writes text to standard output and standard error', () => {
  const output = /\bconsole\.|process\.std(out|err)\b/
  const allowed = [
    `${command}/output/terminal.ts`,
    // The version alone; how wide the terminal is; JSON made by jsonText.
    `${command}/main.ts`,
    `${command}/output/terminal-shape.ts`,
    // One sentence of our own words, where the terminal itself cannot be written.
    `${command}/output/failed-output.ts`,
    `${command}/commands/evaluate.ts`,
    // The answer to a runtime, which is JSON, and warnings for its log.
    'cni/src/start/plugin-program.ts',
  ]
  expect(filesWith(output, '.', allowed)).toEqual([])
  expect(filesWith(output, '.', [])).toEqual([...allowed].sort())
})

test('a message is one line, but for what has lines of its own', () => {
  const allowed = [
    `${command}/output/terminal.ts`,
    `${command}/output/timed-terminal.ts`,
    // The plan that is to be agreed to.
    `${command}/commands/apply.ts`,
    // Each command of a remedy, which is written out, on a line of its own.
    `${command}/commands/destroy.ts`,
    `${command}/commands/docker-plugin.ts`,
    // What nft, iptables or another program said.
    `${command}/output/say-error.ts`,
  ]
  expect(filesWith(/\bsayLines\b/, '.', [])).toEqual([...allowed].sort())
})

test('the command prints JSON by jsonText alone, which escapes what a terminal would obey', () => {
  // Messages may quote a word by JSON.stringify: what is said is written out.
  const printed = /(?:print|write|answer:)\s*\(?\s*JSON\.stringify|JSON\.stringify\([^;]*, 2\)/
  expect(filesWith(printed, command.replace('/src/command', '/src'), [])).toEqual([])
})
