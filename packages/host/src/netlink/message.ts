import { ByteWriter, type MessageView, NLMSG_HEADER_LENGTH } from '@portolan/core/netlink'

/** Builds one message. */
export const message = (
  type: number,
  flags: number,
  sequence: number,
  ...payload: readonly Uint8Array[]
): Uint8Array => {
  const writer = new ByteWriter(256)
  writer.message(type, flags, sequence, () => {
    for (const part of payload) writer.raw(part)
  })
  return writer.take()
}

/** Copies a message with its header into bytes of its own. */
export const wholeMessage = (part: MessageView): Uint8Array =>
  new Uint8Array(
    part.view.buffer,
    part.view.byteOffset + part.start - NLMSG_HEADER_LENGTH,
    part.end - part.start + NLMSG_HEADER_LENGTH,
  ).slice()
