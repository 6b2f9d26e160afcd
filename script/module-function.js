/** What goes around a CommonJS text for `loadScript` of packages/host/src/file/load-script.ts: the function that Node makes of one. */
export const moduleFunction = {
  open: '(function (exports, require, module, __filename, __dirname) {\n',
  close: '})',
}
