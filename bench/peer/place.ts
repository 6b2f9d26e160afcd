import { runProgram } from '../program.ts'

/** Two network namespaces: a host without rules, and a container. Both end with the namespace of this process. */
export interface Place extends Disposable {
  /** The name of the host's namespace. */
  readonly host: string
  /** The path of the container's namespace, for engines. */
  readonly container: string
  [Symbol.dispose](): void
}

export const openPlace = (name: string): Place => {
  const namespaces = [`${name}-host`, `${name}-container`] as const
  for (const namespace of namespaces) {
    runProgram(['ip', 'netns', 'add', namespace])
    runProgram(['ip', '-n', namespace, 'link', 'set', 'lo', 'up'])
  }
  return {
    host: namespaces[0],
    container: `/run/netns/${namespaces[1]}`,
    [Symbol.dispose]: () => {
      for (const namespace of namespaces) runProgram(['ip', 'netns', 'delete', namespace])
    },
  }
}

export const onHost = ({ host }: Place, words: readonly string[]): readonly string[] => [
  ...['ip', 'netns', 'exec', host],
  ...words,
]
