import { fileURLToPath } from 'node:url'
import { expect } from '@jest/globals'
import { fromJson } from '../../from-json.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Machine } from '../../lab/machine.ts'
import type { RunOutcome } from '../../lab/run.ts'
import type { Json } from './network.ts'

const plugin = fileURLToPath(new URL('../../../packages/cni/bin/portolan-netavark.js', import.meta.url))

/** Makes the calls of Podman and netavark by hand. */
export interface Calls {
  readonly call: (
    words: readonly string[],
    input: Json,
    environment?: Readonly<Record<string, string>>,
  ) => Promise<RunOutcome>
  /** Makes a call that must succeed, and returns its result. */
  readonly must: (words: readonly string[], input: Json) => Promise<Json>
  /** Makes a call that must fail, and returns its error. */
  readonly refused: (words: readonly string[], input: Json) => Promise<string>
}

/** Makes each call in its own process, as on a real host. */
export const callsIn = (lab: Lab): Calls =>
  callsBy((words, input, environment = {}) =>
    lab.host.run([process.execPath, plugin, ...words], {
      input: JSON.stringify(input),
      environment,
    }),
  )

/** The verbs that this worker has run in a process of their own. */
const begun = new Set<string>()

/**
 * Loading the plugin takes longer than most calls take. So the first call of each verb in a worker has its own process,
 * and so has each call with an environment. A resident process serves all others.
 */
export const keptCallsIn = (lab: Lab): Calls => {
  const { call } = callsIn(lab)
  return callsBy((words, input, environment) => {
    const [verb = ''] = words
    const isAlone = !begun.has(verb) || environment !== undefined
    begun.add(verb)
    const request = { arguments: words, stdin: JSON.stringify(input) }
    return (isAlone ? null : lab.plugins.ask(request)) ?? call(words, input, environment)
  })
}

const callsBy = (call: Calls['call']): Calls => {
  return {
    call,
    must: async (words, input) => {
      const { exitCode, stdout, stderr } = await call(words, input)
      expect({ exitCode, stderr, said: exitCode === 0 ? '' : stdout }).toEqual({
        exitCode: 0,
        stderr: '',
        said: '',
      })
      return stdout === '' ? {} : fromJson<Json>(stdout)
    },
    refused: async (words, input) => {
      const { exitCode, stdout } = await call(words, input)
      const { error, ...more } = fromJson<{ readonly error: string }>(stdout)
      expect({ exitCode, more }).toEqual({ exitCode: 1, more: {} })
      return error
    },
  }
}

/** The input of `create`, as Podman sends it. */
export const asked = (name: string, more: Json = {}): Json => ({
  name,
  id: '0'.repeat(64),
  driver: 'portolan',
  created: '0001-01-01T00:00:00Z',
  ipv6_enabled: false,
  internal: false,
  dns_enabled: true,
  ...more,
})

/** The input of `setup` and `teardown`, as netavark sends it. */
export const containerOn = (network: Json, machine: Machine, more: Json = {}): Json => ({
  container_id: Buffer.from(machine.name.padEnd(32, '-')).toString('hex'),
  container_name: machine.name,
  port_mappings: [{ host_ip: '', container_port: 80, host_port: 8080, range: 1, protocol: 'tcp' }],
  network,
  network_options: { interface_name: 'eth0', ...more },
})

export const namespaceOf = (machine: Machine): string => `/proc/${machine.pid}/ns/net`
