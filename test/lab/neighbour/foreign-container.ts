import { createMachine, type Machine, type Service } from '../machine.ts'
import type { EngineHost } from './engine-room.ts'

/** A container of another engine. The lab's agent listens in its network namespace. */
export interface ForeignContainer extends Machine {
  readonly address: string
  readonly address6: string | null
}

/** The options of a container, as an engine's command line names them. */
export interface ForeignContainerOptions {
  readonly name: string
  /** Default: the engine's default network. */
  readonly network?: string
  /** `8080:80`, `127.0.0.1:8080:80`, `8080:80/udp`. */
  readonly publish?: readonly string[]
  readonly address?: string
  /** Only Podman has this option. */
  readonly address6?: string | undefined
  readonly services?: readonly Service[]
}

export interface PublishedPort {
  readonly hostIp: string
  readonly hostPort: number
  readonly containerPort: number
  readonly protocol: string
}

/** Parses a value of `--publish`. */
export const readPublish = (text: string): PublishedPort => {
  const found = /^(?:(?<ip>.+):)?(?<host>\d+):(?<container>\d+)(?:\/(?<protocol>\w+))?$/.exec(text)?.groups
  if (found === undefined) throw new Error(`not a published port: ${text}`)
  return {
    // Brackets around an IPv6 address are removed, as docker's command line does.
    hostIp: (found.ip ?? '').replace(/^\[(.*)\]$/, '$1'),
    hostPort: Number(found.host),
    containerPort: Number(found.container),
    protocol: found.protocol ?? 'tcp',
  }
}

/** Starts an agent with services in a network namespace that an engine made. */
export const enterContainer = async (
  lab: EngineHost,
  namespace: string,
  addresses: { readonly address: string; readonly address6?: string | null },
  { name, services }: ForeignContainerOptions,
): Promise<ForeignContainer> => {
  const machine = lab.use(await createMachine(name, null, namespace))
  await machine.listen(
    ...(services ?? [
      { protocol: 'tcp', port: 80 },
      { protocol: 'udp', port: 80 },
    ]),
  )
  return { ...machine, address: addresses.address, address6: addresses.address6 ?? null }
}
