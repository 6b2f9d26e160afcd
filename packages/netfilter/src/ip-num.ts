/** Converts results to values of ip-num. A separate entry point, because it loads ip-num. */
export { type CidrRange, type InSubnet, toCidrRange } from './address/to-cidr-range.ts'
export { toIp } from './address/to-ip.ts'
