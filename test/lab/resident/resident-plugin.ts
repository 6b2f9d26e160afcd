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
 * The plugins of CNI and Podman on a machine, loaded once for many calls, as a watch has them: a call is asked as `runCni` or
 * `runNetavark` takes it.
 */
export const residentPlugin = ({ inside }: Machine): ResidentProcess =>
  residentProcess(inside, () => [server, pluginsFile()], {})
