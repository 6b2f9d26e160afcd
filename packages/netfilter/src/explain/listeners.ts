import { tryParseAddress } from '../address/index.ts'
import type { SocketFact } from '../facts/index.ts'

/** The programs that listen on an address and port of the host. The socket of an unknown program counts too. */
export const listenersOn = (
  sockets: readonly SocketFact[],
  protocol: string | number,
  address: string,
  port: number,
): readonly string[] => {
  const asked = tryParseAddress(address)
  const takes = (own: string, v6only: boolean): boolean => {
    const parsed = tryParseAddress(own)
    if (parsed === null || asked === null) return false
    if (parsed.family !== asked.family) return own === '::' && !v6only
    return parsed.value === asked.value || BigInt(parsed.value) === 0n
  }
  const found = sockets.filter(
    (socket) =>
      socket.protocol === String(protocol).toLowerCase() &&
      socket.port === port &&
      takes(socket.address ?? '', socket.v6only === true),
  )
  return [...new Set(found.map(({ process }) => process ?? 'a process'))]
}
