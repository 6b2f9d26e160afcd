import { ports } from '../differential/scene.ts'

/** Source ports of questions. A port is not used again soon on the same stage, and each run uses the same ports. */
export interface SourcePorts {
  /** @param isUsual - true: a port that the kernel may choose for a client (ip_local_port_range) */
  next(isUsual: boolean): number
}

/** Ports that clients have, and that witnesses are unlikely to have. */
const usual = { first: 41_000, last: 60_000 }

/** The step between unusual ports. 7919 is prime, so all ports come in turn, and none comes again soon. */
const step = 7919

const listening: readonly number[] = ports

export const startSourcePorts = (): SourcePorts => {
  let [lastUsual, lastOther] = [usual.first, 1]
  return {
    next: (isUsual) => {
      if (isUsual) {
        lastUsual = lastUsual >= usual.last ? usual.first : lastUsual + 1
        return lastUsual
      }
      do lastOther = 1 + ((lastOther + step) % 65_535)
      while (listening.includes(lastOther) || isUsualPort(lastOther))
      return lastOther
    },
  }
}

/** True: the kernel may choose this port for a client. */
export const isUsualPort = (port: number): boolean => port >= 32_768 && port <= 60_999
