import { fileURLToPath } from 'node:url'
import { expect } from '@jest/globals'
import { fromJson } from '../../from-json.ts'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Machine } from '../../lab/machine.ts'
import type { RunOutcome } from '../../lab/run.ts'

const plugin = fileURLToPath(new URL('../../../packages/cni/bin/portolan-cni.js', import.meta.url))

export type Json = Readonly<Record<string, unknown>>

/** One container, as a runtime describes it. */
export interface Sandbox {
  readonly id: string
  readonly netns: string
  /** The name of the interface inside; default `eth0`. */
  readonly interface?: string
}

export const sandboxOf = (machine: Machine): Sandbox => ({
  id: machine.name,
  netns: `/proc/${machine.pid}/ns/net`,
})

/** Calls the CNI plugin on a lab's host, as a runtime does. */
export interface Plugin {
  /** The network configuration of each call, with further keys. */
  readonly config: (more?: Json) => Json
  readonly call: (
    verb: string,
    sandbox: Sandbox | null,
    config: Json,
    environment?: Readonly<Record<string, string>> | null,
  ) => Promise<RunOutcome>
  /** Makes a call that must succeed, and returns its result. */
  readonly must: (verb: string, sandbox: Sandbox | null, more?: Json) => Promise<Json>
  /** Makes a call that must fail, and returns its error. */
  readonly refused: (verb: string, sandbox: Sandbox | null, more?: Json) => Promise<Json>
}

/** The verbs that this worker has run in a process of their own. */
const startedVerbs = new Set<string>()

/**
 * Loading the plugin takes longer than most calls take. So the first call of each verb in a worker has its own process,
 * as on a real host. Calls that run at the same time, or are killed, have their own too. A resident process serves all
 * others.
 * @param before - words before the program, such as `nice`: then each call has its own process
 */
export const pluginIn = (lab: Lab, backend: Backend, before: readonly string[] = []): Plugin => {
  const config = (more: Json = {}): Json => ({
    cniVersion: '1.1.0',
    name: 'pods',
    type: 'portolan-cni',
    ipv6: true,
    backend,
    capabilities: { portMappings: true },
    ...more,
  })
  const call: Plugin['call'] = async (verb, sandbox, given, environment = null) => {
    const variables = {
      CNI_COMMAND: verb,
      CNI_PATH: '/opt/cni/bin',
      ...(sandbox === null
        ? {}
        : {
            CNI_CONTAINERID: sandbox.id,
            CNI_NETNS: sandbox.netns,
            CNI_IFNAME: sandbox.interface ?? 'eth0',
          }),
    }
    const stdin = JSON.stringify(given)
    const inOwnProcess = !startedVerbs.has(verb) || before.length > 0 || environment !== null
    startedVerbs.add(verb)
    return (
      (inOwnProcess ? null : lab.plugins.ask({ environment: variables, stdin })) ??
      lab.host.run([...before, process.execPath, plugin], {
        input: stdin,
        // Fifty calls at the same time wait for each other.
        timeoutMs: 300_000,
        environment: { ...environment, ...variables },
      })
    )
  }
  return {
    config,
    call,
    must: async (verb, sandbox, more) => {
      const { exitCode, stdout, stderr } = await call(verb, sandbox, config(more))
      expect({ exitCode, stderr, said: exitCode === 0 ? '' : stdout }).toEqual({
        exitCode: 0,
        stderr: '',
        said: '',
      })
      return stdout === '' ? {} : fromJson<Json>(stdout)
    },
    refused: async (verb, sandbox, more) => {
      const { exitCode, stdout } = await call(verb, sandbox, config(more))
      expect({ exitCode, stdout: stdout.slice(0, 1) }).toEqual({ exitCode: 1, stdout: '{' })
      return fromJson<Json>(stdout)
    },
  }
}

/** A runtime's `portMappings`: each `8080:80`, with a protocol or a host address where given. */
export const ports = (...mappings: readonly Json[]): Json => ({
  runtimeConfig: { portMappings: mappings },
})
