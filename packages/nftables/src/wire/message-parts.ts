import type { ByteWriter } from '@portolan/core/netlink'

/** struct nfgenmsg: family, version and a number in network order (include/uapi/linux/netfilter/nfnetlink.h). */
export const writeHead = (writer: ByteWriter, family: number, resource: number): void => {
  writer.u8(family)
  writer.u8(0)
  writer.be16(resource)
}

/** Writes the name of a table, set or chain, with its closing NUL. */
export const writeName = (writer: ByteWriter, type: number, name: string): void =>
  writer.attribute(type, () => {
    writer.utf8(name)
    writer.u8(0)
  })

/**
 * The bytes of a value in registers, or as a part of a concatenation: a multiple of four (`netlink_padded_len` of nft).
 */
export const paddedTo4 = (bytes: number): number => (bytes + 3) & ~3
