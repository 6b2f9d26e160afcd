import type { Fault } from '@portolan/netfilter/schema'

/** A fault as a sentence: `runtimeConfig.ips[0] in the network configuration: expected ..., found ...` */
export const faultIn = (whole: string, { path, message }: Fault): string => {
  const place = path === '' ? whole : `${path} in ${whole}`
  return `${place}: ${message}${message.endsWith('?') ? '' : '.'}`
}
