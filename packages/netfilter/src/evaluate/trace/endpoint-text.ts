import { type Family, formatAddress } from '../../address/index.ts'

/** An address with its port, where it has one (-1: none). */
export const endpointText = (family: Family, value: number | bigint, port: number): string => {
  const address = formatAddress(
    family === 'ip' ? { family, value: Number(value) } : { family, value: BigInt(value) },
  )
  const host = family === 'ip6' && port >= 0 ? `[${address}]` : address
  return `${host}${port >= 0 ? `:${port}` : ''}`
}
