import { ports } from '../differential/scene.ts'

/** Source ports of questions: none that a question on the same stage had of late, and the same ones in each run. */
export interface SourcePorts {
  /** @param isUsual - one that the kernel may give to a client by itself (ip_local_port_range) */
  next(isUsual: boolean): number
}

/** Of those that clients have, and none that a witness is likely to have. */
const usual = { first: 41_000, last: 60_000 }

/** Any port may be bound. 7919 is prime, so that all are taken in turn, and none of them soon again. */
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

/** Does the kernel give this port to clients that leave the choice to it? */
export const isUsualPort = (port: number): boolean => port >= 32_768 && port <= 60_999
