/** The canonical text of the address at an offset; 4 bytes are IPv4, 16 are IPv6. */
export const addressText = (view: DataView, start: number, length: number): string =>
  length === 4 ? ip4Text(view, start) : ip6Text(view, start)

const ip4Text = (view: DataView, start: number): string =>
  `${view.getUint8(start)}.${view.getUint8(start + 1)}.${view.getUint8(start + 2)}.${view.getUint8(start + 3)}`

/** RFC 5952: lower case, no leading zeros, `::` for the first longest run of two or more zero groups. */
const ip6Text = (view: DataView, start: number): string => {
  const groups: number[] = []
  for (let index = 0; index < 16; index += 2) groups.push(view.getUint16(start + index))
  let runStart = -1
  let runLength = 1
  for (let from = 0; from < 8; from += 1) {
    let to = from
    while (groups[to] === 0) to += 1
    if (to - from > runLength) {
      runStart = from
      runLength = to - from
    }
    if (to > from) from = to
  }
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':')
  return runStart < 0
    ? hex(groups)
    : `${hex(groups.slice(0, runStart))}::${hex(groups.slice(runStart + runLength))}`
}

/** Tells whether an address is in `::ffff:0:0/96`, the form of an IPv4 address of an IPv6 socket. */
export const isMapped = (view: DataView, start: number): boolean =>
  view.getUint32(start) === 0 && view.getUint32(start + 4) === 0 && view.getUint32(start + 8) === 0xffff

/** Tells whether an address is `::` or `0.0.0.0`. */
export const isUnspecified = (view: DataView, start: number, length: number): boolean => {
  for (let index = 0; index < length; index += 1) if (view.getUint8(start + index) !== 0) return false
  return true
}
