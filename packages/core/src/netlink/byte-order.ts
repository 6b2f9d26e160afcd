/** Netlink headers and attribute lengths are in the byte order of the machine (RFC 3549, section 2.2). */
export const littleEndian: boolean = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1
