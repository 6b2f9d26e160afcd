/** Results as values of ip-num. An entry of its own, since it loads ip-num. */
export { type CidrRange, type InSubnet, toCidrRange } from './address/to-cidr-range.ts'
export { toIp } from './address/to-ip.ts'
