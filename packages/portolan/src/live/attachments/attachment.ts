import type { EndpointMark } from '@portolan/core'
import type { InsideChange, InsideState, NetworkNamespace } from '@portolan/host'
import type { Family } from '@portolan/netfilter'

/** An endpoint as it is to be in its namespace. */
export interface Attachment {
  readonly mark: EndpointMark
  /** The interface inside. */
  readonly interface: string
  readonly mac: string
  /** The MAC that announces addresses (`InsideChange`); null: it cannot be set. */
  readonly announce: string | null
  readonly addresses: readonly InsideAddress[]
  /** Null: as `defaultMetric` says. */
  readonly metric: number | null
}

/** An address inside, and the way out of its family. */
export interface InsideAddress {
  readonly family: Family
  /** With the prefix length of the subnet. */
  readonly text: string
  /** Null: no default route of this network. */
  readonly gateway: string | null
}

/**
 * The way an interface comes into a namespace: the veth pair of a bridge, or one of another kind.
 */
export interface InterfaceMaker {
  /**
   * Makes it, or mends what is here of one that is there, all or nothing.
   * @returns did packets pass already? Where not, its neighbours may have given it up, and have to be told
   */
  make(namespace: NetworkNamespace): Promise<boolean>
  /** Waits until packets pass, once it is up inside. */
  settle(): Promise<void>
  /** Removes it, where `make` made it anew. */
  undo(): Promise<void>
}

/**
 * What an interface lacks of what it is to be; null: nothing.
 * @param isKnown - its neighbours know of it
 */
export const missingInside = (
  attachment: Attachment,
  state: InsideState,
  isKnown: boolean,
): InsideChange | null => {
  const addresses = attachment.addresses
    .map(({ text }) => text)
    .filter((text) => !state.addresses.includes(text))
  const defaultRoutes = attachment.addresses.flatMap(({ family, gateway }) =>
    gateway === null || hasRoute(attachment, state, family, gateway)
      ? []
      : [{ gateway, metric: askedMetric(attachment, family) ?? defaultMetric(state, family) }],
  )
  return isKnown && addresses.length + defaultRoutes.length === 0
    ? null
    : { addresses, defaultRoutes, announce: attachment.announce }
}

/**
 * The addresses that an interface has in place of its own: those it was given before its endpoint or its network got others.
 * One that has its own may have more beside it.
 */
export const formerAddresses = (attachment: Attachment, state: InsideState): readonly string[] =>
  attachment.addresses.flatMap(({ family, text }) =>
    state.addresses.includes(text)
      ? []
      : state.addresses.filter((one) => familyOf(one) === family && !isLinkLocal(one)),
  )

const familyOf = (text: string): Family => (text.includes(':') ? 'ip6' : 'ip')

/** The kernel gives one to every interface with IPv6. */
const isLinkLocal = (text: string): boolean => /^fe[89ab]/i.test(text)

const hasRoute = (
  attachment: Attachment,
  { defaultRoutes }: InsideState,
  family: Family,
  gateway: string,
): boolean => {
  const metric = askedMetric(attachment, family)
  return defaultRoutes.some(
    (route) =>
      route.family === family &&
      route.interface === attachment.interface &&
      route.gateway === gateway &&
      (metric === null || route.metric === metric),
  )
}

/** The default route that has the metric asked for already: the kernel takes no second one. Null: none has. */
export const routeInTheWay = (
  attachment: Attachment,
  state: InsideState,
): InsideState['defaultRoutes'][number] | null => {
  for (const { family, gateway } of attachment.addresses) {
    const metric = askedMetric(attachment, family)
    if (gateway === null || metric === null || hasRoute(attachment, state, family, gateway)) continue
    const found = state.defaultRoutes.find((route) => route.family === family && route.metric === metric)
    if (found !== undefined) return found
  }
  return null
}

/** IPv6 has no metric 0: the kernel reads it as the plain one (`fib6_add`). */
const askedMetric = ({ metric }: Attachment, family: Family): number | null =>
  metric === 0 ? firstMetric[family] : metric

/** What the kernel gives a route that is added without one; of IPv6 it is 1024 (IP6_RT_PRIO_USER). */
const firstMetric = { ip: 0, ip6: 1024 } as const

/** Behind every default route that is there: a process keeps the one it has, and goes over to the next when that goes. */
const defaultMetric = ({ defaultRoutes }: InsideState, family: Family): number => {
  const metrics = defaultRoutes.filter((route) => route.family === family).map(({ metric }) => metric)
  return metrics.length === 0 ? firstMetric[family] : Math.max(...metrics) + 1
}
