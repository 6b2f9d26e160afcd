/**
 * Address types by their number in a route (RTN_*, include/uapi/linux/rtnetlink.h): what `fib daddr type` and
 * iptables' `addrtype` compare.
 * @public @since 0.1.0
 */
export const addressType = {
  unspec: 0,
  unicast: 1,
  local: 2,
  broadcast: 3,
  anycast: 4,
  multicast: 5,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
  throw: 9,
  nat: 10,
} as const
