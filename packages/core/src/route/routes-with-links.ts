import {
  formatAddress,
  formatPrefix,
  type InterfaceFact,
  lastAddress,
  prefixAround,
  type RouteFact,
  tryParseInterfaceAddress,
} from '@portolan/netfilter'

/** include/uapi/linux/rtnetlink.h: RT_TABLE_LOCAL. */
const LOCAL = 255

/**
 * Adds the routes that the kernel makes for addresses of interfaces. If the given routes have no local route, they
 * already imply these, and stay as they are.
 *
 * @see net/ipv4/fib_frontend.c `fib_add_ifaddr`
 * @example
 * routesWithLinks([{ destination: 'default' }], [{ name: 'br-web', addresses: ['172.17.42.1/16'] }])
 * // [{ destination: 'default' }]
 * @public @since 0.1.0
 */
export const routesWithLinks = (
  routes: readonly RouteFact[],
  links: readonly InterfaceFact[],
): readonly RouteFact[] => {
  const isThere = (route: RouteFact): boolean =>
    routes.some(
      (one) =>
        one.destination === route.destination &&
        one.interface === route.interface &&
        (one.table ?? 254) === (route.table ?? 254),
    )
  // Facts without local routes imply those of every address.
  if (!routes.some(({ table, type }) => table === LOCAL && type === 'local')) return routes
  const added = links.flatMap(({ name = '', addresses = [] }) =>
    addresses.flatMap((text): RouteFact[] => {
      const own = tryParseInterfaceAddress(text)
      if (own === null) return []
      const { address, length } = own
      const plain = formatAddress(address)
      const bits = address.family === 'ip' ? 32 : 128
      const prefix = prefixAround(address, length)
      const last = formatAddress(lastAddress(prefix))
      const base = { interface: name, gateway: null, source: address.family === 'ip' ? plain : null }
      return [
        { ...base, destination: `${plain}/${bits}`, table: LOCAL, type: 'local', scope: 'host' },
        { ...base, destination: formatPrefix(prefix), table: 254, type: 'unicast', scope: 'link' },
        ...(address.family === 'ip' && length < 31
          ? [{ ...base, destination: `${last}/32`, table: LOCAL, type: 'broadcast', scope: 'link' }]
          : []),
      ]
    }),
  )
  return [...routes, ...added.filter((route) => !isThere(route))]
}
