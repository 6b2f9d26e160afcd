import { fileURLToPath } from 'node:url'
import { expect } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'

const repository = fileURLToPath(new URL('../../..', import.meta.url))

/**
 * Runs a module with `open()`, `attempt(work)` (an error's code), `run(...argv)` and `to` in the host; gives back what
 * it reports.
 */
export const inHost = async (lab: Lab, backend: Backend, code: string): Promise<unknown> => {
  const script = `
    import { openHost } from 'portolan'
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
  const { exitCode, stdout, stderr } = await lab.host.run([
    'env',
    '-C',
    repository,
    process.execPath,
    '--input-type=module',
    '--eval',
    script,
  ])
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  return JSON.parse(stdout)
}
