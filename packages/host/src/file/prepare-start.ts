import { setFlagsFromString } from 'node:v8'

/**
 * Sets options of V8 that omit work without use in the first second of a program. Node 20 optimises functions that are
 * hardly called again. Later versions optimise later by themselves, and have no option for it. Up to Node 22, V8 marks
 * the heap beside the program once it has some 15 MB, which the code of Portolan alone takes. Most commands have ended
 * before the garbage collection that this marking serves.
 *
 * V8 refuses code that it compiled with other options, so this call comes before `loadScript`.
 *
 * @param stays - true for a program that runs until it is stopped: its heap is marked meanwhile, for shorter pauses
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
