import { setFlagsFromString } from 'node:v8'

/**
 * Has V8 leave out what a program has nothing of in its first second. Node 20 optimises functions that are hardly called
 * again; later versions do that later by themselves, and have no option for it. Up to Node 22 it marks the heap beside
 * the program from some 15 MB on, which the code of Portolan alone is, for a collection that comes when most commands
 * have ended.
 *
 * V8 refuses what it compiled under other options, so this comes before `loadScript`.
 *
 * @param stays - a program that runs until it is stopped: its heap is marked beside it, for shorter pauses
 * @example
 * prepareStart({ stays: false })
 * const { exports } = loadScript<{ readonly answer: number }>('dist/bundle/answer-K2.cjs', 'answer')
 * @public @since 0.1.0
 */
export const prepareStart = ({ stays }: { readonly stays: boolean }): void => {
  const version = Number.parseInt(process.versions.node, 10)
  if (version === 20) setFlagsFromString('--interrupt-budget=1000000')
  if (version <= 22 && !stays) setFlagsFromString('--no-incremental-marking')
}
