/**
 * The kernel's mark on each managed route (`rtm_protocol`): it names the program that made the route. So managed routes
 * are told from foreign ones without a list. The numbers below 128 are given out in include/uapi/linux/rtnetlink.h, and
 * iproute2 names no other route daemon by this one (its `rt_protos`).
 * @public @since 0.1.0
 */
export const blockRouteProtocol: { readonly number: 143; readonly name: 'portolan' } = {
  number: 143,
  name: 'portolan',
}
