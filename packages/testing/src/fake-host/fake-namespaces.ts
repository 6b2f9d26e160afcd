import { ApplyError } from '@portolan/netfilter'
import type { NamespaceReference, Namespaces } from 'portolan/machine'

/**
 * An interface in a simulated namespace.
 * @public @since 0.1.0
 */
export interface InsideInterface {
  readonly name: string
  /** As the kernel calls it: `veth`, `macvlan`. */
  readonly kind: string
  readonly up: boolean
  readonly mac: string
  readonly alias?: string
  readonly mtu: number
  /** With prefix lengths. */
  readonly addresses: readonly string[]
  readonly defaultRoutes: readonly { readonly gateway: string; readonly metric: number }[]
}

/** A simulated namespace. */
interface FakeNamespace {
  readonly number: number
  readonly interfaces: Map<string, InsideInterface>
}

type Route = InsideInterface['defaultRoutes'][number]

const isSame = (one: Route, other: Route): boolean =>
  one.gateway === other.gateway && one.metric === other.metric

/** The network namespaces of a simulated host. Each one that is named exists, until it is ended. */
export class FakeNamespaces implements Namespaces {
  readonly #byName = new Map<string, FakeNamespace>()
  #made = 0

  open(reference: NamespaceReference): ReturnType<Namespaces['open']> {
    const [[kind, value] = ['', '']] = Object.entries(reference)
    const one = this.#named(`${kind} ${value}`)
    const inside = (name: string): InsideInterface => {
      const found = one.interfaces.get(name)
      if (found !== undefined) return found
      throw new ApplyError(
        `Could not set ${name} up: there is no such interface in that namespace. The endpoint is attached under another name (give that one with interface, --interface), or its interface was renamed or removed there: detach the endpoint and attach it again.`,
        { applied: [], stderr: 'Cannot find device' },
      )
    }
    return {
      descriptor: one.number,
      path: `/run/netns/${one.number}`,
      where: `the network namespace of ${kind} ${value}`,
      isOwn: false,
      bringUp: async (name, { alias }) => {
        const { addresses, mac } = inside(name)
        one.interfaces.set(name, { ...inside(name), up: true, ...(alias === undefined ? {} : { alias }) })
        const defaultRoutes = [...one.interfaces.values()].flatMap((link) =>
          link.defaultRoutes.map(
            (route) =>
              ({
                family: route.gateway.includes(':') ? 'ip6' : 'ip',
                interface: link.name,
                ...route,
              }) as const,
          ),
        )
        const others = [...one.interfaces.values()].filter((link) => link.name !== name && link.up)
        const otherWays = others.flatMap((link) =>
          link.addresses.map((text) => ({ kind: 'address', interface: link.name, text }) as const),
        )
        return { addresses, mac, defaultRoutes, otherWays }
      },
      configure: async (name, change) => {
        const { addresses, defaultRoutes, ...rest } = inside(name)
        one.interfaces.set(name, {
          ...rest,
          ...(change.announce === null ? {} : { mac: change.announce }),
          addresses: [...new Set([...addresses, ...change.addresses])],
          defaultRoutes: [
            ...defaultRoutes.filter((route) => !change.formerRoutes.some((former) => isSame(former, route))),
            ...change.defaultRoutes,
          ],
        })
      },
      readLink: async (name) => {
        const found = one.interfaces.get(name)
        return found === undefined
          ? null
          : { kind: found.kind, mac: found.mac, alias: found.alias ?? '', mtu: found.mtu }
      },
      removeLink: async (name) => void one.interfaces.delete(name),
      close: () => {},
    }
  }

  #named(name: string): FakeNamespace {
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    this.#made += 1
    const made = { number: this.#made, interfaces: new Map<string, InsideInterface>() }
    this.#byName.set(name, made)
    return made
  }

  /** The interfaces in a namespace, without loopback. */
  interfacesIn(reference: NamespaceReference): readonly InsideInterface[] {
    return [...this.numbered(this.open(reference).descriptor).values()]
  }

  all(): readonly InsideInterface[] {
    return [...this.#byName.values()].flatMap(({ interfaces }) => [...interfaces.values()])
  }

  numbered(number: number): Map<string, InsideInterface> {
    const found = [...this.#byName.values()].find((one) => one.number === number)
    return found?.interfaces ?? new Map()
  }

  /** Ends a namespace. A later one with its name is empty. @returns the number of the ended one */
  end(reference: NamespaceReference): number {
    const { descriptor } = this.open(reference)
    for (const [name, one] of this.#byName) if (one.number === descriptor) this.#byName.delete(name)
    return descriptor
  }
}
