/**
 * The option to stat in bigints, which every `stat` of the packages has. Node keeps the numbers of the last `stat` in one
 * place. While those numbers are of a pipe or a socket, its `realpathSync`, which loads modules, stops at a link
 * (lib/fs.js, `isFileType(statValues, S_IFIFO)`; measured: Node 20.20). Node keeps bigints elsewhere. Without this
 * option, `portolan -f - < PIPE` would not find packages that are links, as pnpm installs them.
 */
export const inBigints = { bigint: true } as const
