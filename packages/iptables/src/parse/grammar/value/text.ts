import type { Reader } from '../grammar.ts'

/** Reads a text of `least` to `most` characters without a line break. */
export const text =
  (most = 1023, least = 1): Reader =>
  (value) =>
    value.length >= least && value.length <= most && !/[\0\n]/.test(value) ? value : null

/** Reads a text that matches a pattern. */
export const shaped =
  (pattern: RegExp): Reader =>
  (value) =>
    pattern.test(value) ? value : null

/** Reads a text and cuts it to the length that the kernel stores. */
export const cut =
  (most: number): Reader =>
  (value) =>
    value === '' ? null : value.slice(0, most)

/** Reads an interface name of up to 15 bytes (IFNAMSIZ). A final `+` is a wildcard. */
export const interfaceName: Reader = shaped(/^[^\s/"'\\]{1,15}$/)

/** Reads a MAC address such as `0:1a:2b:3c:4d:5e`, printed with two digits each. */
export const hardwareAddress: Reader = (value) => {
  const parts = value.toLowerCase().split(':')
  if (parts.length !== 6 || parts.some((part) => !/^[0-9a-f]{1,2}$/.test(part))) return null
  return parts.map((part) => part.padStart(2, '0')).join(':')
}
