import { fileURLToPath } from 'node:url'
import { expect } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Machine } from '../../lab/machine.ts'
import type { RunOutcome } from '../../lab/run.ts'

const plugin = fileURLToPath(new URL('../../../packages/cni/bin/portolan-cni.js', import.meta.url))

export type Json = Readonly<Record<string, unknown>>

/** One container as a runtime sees it. */
export interface Sandbox {
  readonly id: string
  readonly netns: string
  /** The interface inside; `eth0` unless told. */
  readonly interface?: string
}

export const sandboxOf = (machine: Machine): Sandbox => ({
  id: machine.name,
  netns: `/proc/${machine.pid}/ns/net`,
})

/** What a runtime does with the plugin, in the host of a lab. */
export interface Plugin {
  /** The configuration that each call hands over, with more keys where they are given. */
  readonly config: (more?: Json) => Json
  readonly call: (
    verb: string,
    sandbox: Sandbox | null,
    config: Json,
    environment?: Readonly<Record<string, string>> | null,
  ) => Promise<RunOutcome>
  /** The result of a call that succeeds. */
  readonly must: (verb: string, sandbox: Sandbox | null, more?: Json) => Promise<Json>
  /** The error of a call that does not. */
  readonly refused: (verb: string, sandbox: Sandbox | null, more?: Json) => Promise<Json>
}

/** The verbs that have had a process of their own in this worker. */
const begun = new Set<string>()

/**
 * Loading the plugin takes longer than most calls take. The first call of each verb in a worker has a process of its own, as on a real
 * host, and so have those that come at once or are to be killed; others are served by one that stays.
 * @param before - words before those of the program, such as `nice`: each call has a process of its own
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
    const told = {
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
    const isAlone = !begun.has(verb) || before.length > 0 || environment !== null
    begun.add(verb)
    return (
      (isAlone ? null : lab.plugins.ask({ environment: told, stdin })) ??
      lab.host.run([...before, process.execPath, plugin], {
        input: stdin,
        // Fifty at once wait for one another.
        timeoutMs: 300_000,
        environment: { ...environment, ...told },
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
      return stdout === '' ? {} : (JSON.parse(stdout) as Json)
    },
    refused: async (verb, sandbox, more) => {
      const { exitCode, stdout } = await call(verb, sandbox, config(more))
      expect({ exitCode, stdout: stdout.slice(0, 1) }).toEqual({ exitCode: 1, stdout: '{' })
      return JSON.parse(stdout) as Json
    },
  }
}

/** `portMappings` of a runtime: each `8080:80`, with a protocol or a host address where they are given. */
export const ports = (...mappings: readonly Json[]): Json => ({
  runtimeConfig: { portMappings: mappings },
})
