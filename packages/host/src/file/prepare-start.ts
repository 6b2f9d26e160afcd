import { setFlagsFromString } from 'node:v8'

/**
 * Has V8 leave out what a program has nothing of in its first second. Node 20 optimises functions that are hardly called
 * again; and from some 15 MB on, which the code of Portolan alone is, it marks the heap beside the program, for a
 * collection that comes when most commands have ended. Later versions do the first by themselves, and have no option for
 * it.
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
  if (!process.version.startsWith('v20.')) return
  setFlagsFromString('--interrupt-budget=1000000')
  if (!stays) setFlagsFromString('--no-incremental-marking')
}
