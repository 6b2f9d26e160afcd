import type { Reader } from '../grammar.ts'

/** Any text of `least` to `most` characters that fits on a line. */
export const text =
  (most = 1023, least = 1): Reader =>
  (value) =>
    value.length >= least && value.length <= most && !/[\0\n]/.test(value) ? value : null

/** What fits a pattern. */
export const shaped =
  (pattern: RegExp): Reader =>
  (value) =>
    pattern.test(value) ? value : null

/** Cut to what the kernel has room for. */
export const cut =
  (most: number): Reader =>
  (value) =>
    value === '' ? null : value.slice(0, most)

/** An interface; `+` at its end stands for any ending. IFNAMSIZ leaves it 15 bytes. */
export const interfaceName: Reader = shaped(/^[^\s/"'\\]{1,15}$/)

/** `0:1a:2b:3c:4d:5e`, printed with two digits each. */
export const hardwareAddress: Reader = (value) => {
  const parts = value.toLowerCase().split(':')
  if (parts.length !== 6 || parts.some((part) => !/^[0-9a-f]{1,2}$/.test(part))) return null
  return parts.map((part) => part.padStart(2, '0')).join(':')
}
