import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Machine } from '../machine.ts'
import { type ResidentProcess, residentProcess } from './resident-process.ts'

const server = fileURLToPath(new URL('plugin-server.cjs', import.meta.url))
const bundle = fileURLToPath(new URL('../../../packages/cni/dist/bundle', import.meta.url))

const pluginsFile = (): string => {
  const found = readdirSync(bundle).find((name) => /^plugins-.*\.cjs$/.test(name))
  if (found === undefined) throw new Error(`no plugins in ${bundle}: run "node script/bundle.js"`)
  return join(bundle, found)
}

/**
 * Keeps the plugins of CNI and Podman loaded in one process on a machine, as a watch does. A call has the form that
 * `runCni` or `runNetavark` takes.
 */
export const residentPlugin = ({ inside }: Machine): ResidentProcess =>
  residentProcess(inside, () => [server, pluginsFile()], {})
