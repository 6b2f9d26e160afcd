import { fileURLToPath } from 'node:url'
import { expect } from '@jest/globals'
import { fromJson } from '../../from-json.ts'
import type { Lab } from '../../lab/lab.ts'

const repository = fileURLToPath(new URL('../../..', import.meta.url))

/**
 * Runs a module on the host and returns what it reports. The module has `monitor`, `run(...argv)`, and `until(isIt)`:
 * the notices up to the first one that matches, or up to a silence of half a minute.
 *
 * @param open - the code that opens the monitor
 */
export const watching = async (
  lab: Lab,
  code: string,
  open = 'openMonitor({ legacy: { runner: createRunner(), intervalMs: 100 } })',
): Promise<unknown> => {
  const script = `
    import { createRunner, openMonitor } from '@portolan/host'
    import { spawn } from 'node:child_process'
    const monitor = await ${open}
    const run = (...argv) => new Promise((resolve, reject) => spawn(argv[0], argv.slice(1), { stdio: 'inherit' })
      .on('error', reject).on('exit', (code) => code === 0 ? resolve() : reject(new Error(argv.join(' ') + ' exited ' + code))))
    const SILENCE = { kind: 'silence' }
    const until = async (isIt) => {
      const notices = []
      for (;;) {
        let timer
        const silence = new Promise((resolve) => { timer = setTimeout(() => resolve({ value: SILENCE }), 30_000) })
        const { value } = await Promise.race([monitor.next(), silence])
        clearTimeout(timer)
        notices.push(value)
        if (value === SILENCE || isIt(value)) return notices
      }
    }
    const report = (value) => console.log(JSON.stringify(value))
    ${code}
    await monitor.close()`
  return runModule(lab, script)
}

/**
 * Runs a module on the host, and returns the JSON that it printed.
 * @param becoming - the argv of a program that starts it as another user
 */
export const runModule = async (
  lab: Lab,
  script: string,
  becoming: readonly string[] = [],
): Promise<unknown> => {
  const node = [process.execPath, '--input-type=module', '--eval', script]
  const { exitCode, stdout, stderr } = await lab.host.run(['env', '-C', repository, ...becoming, ...node])
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  return fromJson(stdout)
}
