import { type Family, formatAddress } from '@portolan/netfilter'

/** An address as text. */
export const addressText = (family: Family, value: number | bigint): string =>
  formatAddress(family === 'ip' ? { family, value: Number(value) } : { family, value: BigInt(value) })
