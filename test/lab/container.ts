import { createMachine, type Machine, type Service } from './machine.ts'

export interface ContainerOptions {
  readonly name: string
  /** An existing bridge of the host. */
  readonly bridge: string
  /** Addresses carry their prefix lengths: `172.17.0.2/16`. */
  readonly address?: string | undefined
  readonly address6?: string | undefined
  /** Default routes; null or absent: none. */
  readonly gateway?: string | null | undefined
  readonly gateway6?: string | null | undefined
  /** Sets hairpin mode on the bridge port. Absent: the kernel's default (off). */
  readonly hairpin?: boolean
  readonly services?: readonly Service[]
}

export interface Container extends Machine {
  /** The host's end of its veth pair. */
  readonly port: string
  readonly address: string | null
  readonly address6: string | null
}

const withoutPrefix = (address: string | undefined): string | null => address?.split('/')[0] ?? null

/**
 * Waits until the port forwards and the bridge transmits. The kernel gives a bridge its carrier through linkwatch
 * (net/core/link_watch.c), at most once a second. Until then it silently drops what the host sends into the bridge, and
 * a probe would measure that instead of the rules.
 */
export const carrying = async (host: Machine, ...devices: readonly string[]): Promise<void> => {
  if (!(await host.areUp(devices))) throw new Error(`${devices.join(' and ')} are not up after 30 s`)
}

/** A namespace plugged into a bridge of the host, as an engine would do it. */
export const createContainer = async (host: Machine, options: ContainerOptions): Promise<Container> => {
  const machine = await createMachine(options.name)
  const port = `v-${options.name}`.slice(0, 15)
  try {
    await host.ip(
      `link add ${port} type veth peer name eth0 netns ${machine.pid}`,
      `link set ${port} master ${options.bridge} up`,
      ...(options.hairpin === undefined
        ? []
        : [`link set ${port} type bridge_slave hairpin ${options.hairpin ? 'on' : 'off'}`]),
    )
    await machine.ip(
      'link set eth0 up',
      ...(options.address === undefined ? [] : [`addr add ${options.address} dev eth0`]),
      ...(options.address6 === undefined ? [] : [`addr add ${options.address6} dev eth0 nodad`]),
      ...(options.gateway ? [`route add default via ${options.gateway}`] : []),
      ...(options.gateway6 ? [`route add default via ${options.gateway6}`] : []),
    )
    await machine.listen(...(options.services ?? []))
    await carrying(host, options.bridge, port)
  } catch (error) {
    await machine[Symbol.asyncDispose]()
    throw error
  }
  return {
    ...machine,
    port,
    address: withoutPrefix(options.address),
    address6: withoutPrefix(options.address6),
  }
}
