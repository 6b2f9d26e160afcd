/**
 * What the kernel keeps of a route as the program that made it (`rtm_protocol`). Each route of ours has it, so that
 * ours are told from others without a list of them. The numbers below 128 are given out in
 * include/uapi/linux/rtnetlink.h, and iproute2 names no other route daemon by this one (its `rt_protos`).
 * @public @since 0.1.0
 */
export const blockRouteProtocol: { readonly number: 143; readonly name: 'portolan' } = {
  number: 143,
  name: 'portolan',
}
