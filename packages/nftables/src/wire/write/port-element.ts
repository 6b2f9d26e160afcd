import type { ByteWriter } from '@portolan/core/netlink'
import type { Element } from '../../model/index.ts'

/** The offset of the port within an element: behind the heads of element, key and value, and the padded protocol. */
export const PORT_AT: number = 4 * 4

/** The key of an element that is a protocol and a port, `tcp . 8080`. */
interface PortKey {
  readonly protocol: string
  readonly port: number
}

export const portKeyOf = ({ key }: Element): PortKey | null => {
  if (key.kind !== 'concat' || key.parts.length !== 2) return null
  const [protocol, port] = key.parts
  return protocol?.kind === 'text' && port?.kind === 'number'
    ? { protocol: protocol.text, port: port.value }
    : null
}

/** The element written last, with the range of its bytes up to the comment. */
interface Written {
  readonly element: Element
  readonly protocol: string
  readonly start: number
  readonly end: number
}

/**
 * Writes elements of a map of ports. Most elements lead to the same container as the one before, so its bytes are
 * repeated with another port.
 */
export class PortElements {
  #before: Written | null = null

  /** Writes an element by repeating the one before. @returns false when the two differ in more than the port */
  repeat(writer: ByteWriter, element: Element): boolean {
    const before = this.#before
    if (before === null || before.element.data !== element.data) return false
    const key = portKeyOf(element)
    if (key === null || key.protocol !== before.protocol) return false
    const at = writer.length + PORT_AT
    writer.repeat(before.start, before.end)
    writer.setU8(at, key.port >> 8)
    writer.setU8(at + 1, key.port)
    return true
  }

  /** Remembers an element that was written at an offset, up to its comment. */
  keep(writer: ByteWriter, element: Element, start: number): void {
    const key = portKeyOf(element)
    this.#before = key === null ? null : { element, protocol: key.protocol, start, end: writer.length }
  }
}

export const isOfPorts = (keyTypes: readonly string[]): boolean =>
  keyTypes.length === 2 && keyTypes[0] === 'inet_proto' && keyTypes[1] === 'inet_service'
