import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect } from '@jest/globals'
import { fromJson } from '../../from-json.ts'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import { importOpenHost } from '../../lab/library/library.ts'
import type { RunOutcome } from '../../lab/run.ts'
import { named } from '../../lab/waiting.ts'

const repository = fileURLToPath(new URL('../../..', import.meta.url))

const moduleOf = (backend: Backend, code: string): string => `
    ${importOpenHost}
    import { execFileSync } from 'node:child_process'
    const open = (more = {}) => openHost({ backend: '${backend}', state: '/run/lab/live', ...more })
    const attempt = (work) => work.then(() => 'done', (error) => error.code)
    const run = (...argv) => execFileSync(argv[0], argv.slice(1), { encoding: 'utf8' })
    const to = { address: '172.17.0.10', port: 80 }
    const inForce = async (...ports) => {
      const host = await open()
      const found = host.published().map(({ hostPort }) => hostPort).filter((port) => ports.includes(port))
      await host.close()
      return found.sort()
    }
    const report = (value) => console.log(JSON.stringify(value))
    ${code}`

const argvOf = (script: string): readonly string[] => [
  ...['env', '-C', repository, process.execPath, '--input-type=module', '--eval', script],
]

/**
 * Runs a module on the host in its own process, and returns what it reports. The module has `open()`, `attempt(work)`
 * (an error's code), `run(...argv)` and `to`.
 */
export const inHost = async (
  lab: Lab,
  backend: Backend,
  code: string,
  options: { readonly timeoutMs?: number } = {},
): Promise<unknown> => {
  return reportOf(await lab.host.run(argvOf(moduleOf(backend, code)), options))
}

/**
 * The same in the resident process, for small steps of a test. Loading the library takes longer than most modules take.
 */
export const inKeptProcess = async (lab: Lab, backend: Backend, code: string): Promise<unknown> => {
  const script = moduleOf(backend, code)
  return reportOf(await (lab.modules.run(script) ?? lab.host.run(argvOf(script))))
}

const reportOf = ({ exitCode, stdout, stderr }: RunOutcome): unknown => {
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  return fromJson(stdout)
}

/**
 * Starts one program on the host for many rounds, because the library takes longer to load than a round to run. It ends
 * with the lab.
 * @param code - what `inHost` runs, with a function `round(value)` in it
 * @returns a function that runs a round with a value, and waits for its end
 */
export const roundsInHost = (
  lab: Lab,
  backend: Backend,
  code: string,
): ((value: unknown) => Promise<void>) => {
  const script = `${moduleOf(backend, code)}
    import { createInterface } from 'node:readline'
    for await (const line of createInterface({ input: process.stdin })) {
      await round(JSON.parse(line))
      report(null)
    }`
  const child = spawn('nsenter', [`--target=${lab.host.pid}`, '--net', '--mount', ...argvOf(script)])
  const stderr: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => stderr.push(text))
  child.stdin.on('error', () => {})
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  lab.use({
    [Symbol.asyncDispose]: async () => {
      child.stdin.end()
      await ended
    },
  })
  return async (value) => {
    child.stdin.write(`${JSON.stringify(value)}\n`)
    const shows = (): string => stderr.join('')
    const { value: answer } = await named('the end of a round in the host', answers.next(), shows)
    expect({ answer, stderr: stderr.join('') }).toEqual({ answer: 'null', stderr: '' })
  }
}
