// Where ts-mls 1.6.4 departs from RFC 9420, and the least change that heals it, made while its files are loaded: the
// package on disk stays as published. MAJLIS_AS_PUBLISHED=1 leaves them out, and the scripts then stop where it matters.
// A repair that no longer fits its text is an error: the pinned version has changed, and the list is to be read again.
const repairs = [
  {
    // §12.4.3.1: a leaf among a node's unmerged leaves is also among those of the non-blank nodes between them. ts-mls asks
    // for equal lists along the whole path to the root: it refuses to join where one is added after another's path.
    file: "clientState.js",
    from: `                for (const parentIdx of dp) {
                    const dpNode = tree[parentIdx];
                    if (dpNode !== undefined) {`,
    to: `                for (const parentIdx of dp.slice(0, dp.indexOf(toNodeIndex(i)))) {
                    const dpNode = tree[parentIdx];
                    if (dpNode !== undefined) {`,
  },
  {
    file: "clientState.js",
    from: `if (!arraysEqual(dpNode.parent.unmergedLeaves, n.parent.unmergedLeaves))`,
    to: `if (!dpNode.parent.unmergedLeaves.includes(unmergedLeaf))`,
  },
  {
    // §12.1.1 and §12.1.3: an Add may fill the leaf that a Remove of the same commit has emptied. ts-mls then takes the
    // newcomer's leaf for its own and does not see that it was removed.
    file: "clientState.js",
    from: `const selfRemoved = mutatedTree[leafToNodeIndex(toLeafIndex(state.privatePath.leafIndex))] === undefined;`,
    to: `const selfRemoved = grouped.remove.some(({ proposal }) => proposal.remove.removed === state.privatePath.leafIndex);`,
  },
  {
    // §12.4.1, §12.4.2: commit_secret comes from the last path secret of the UpdatePath. Where a whole half of the tree is
    // empty the root is not on the filtered path (§4.1.2), but ts-mls derives once more for it.
    file: "pathSecrets.js",
    from: `const nextSecret = await deriveSecret(pathSecrets[currentIndex], "path", kdf);`,
    to: `const nextSecret = tree[nextIndex] === undefined
            ? pathSecrets[currentIndex]
            : await deriveSecret(pathSecrets[currentIndex], "path", kdf);`,
  },
  {
    // §12.4: a commit of GroupContextExtensions needs a path,
    file: "clientState.js",
    from: `Object.values(grouped.update).length > 0 ||`,
    to: `grouped.update.length > 0 || grouped.group_context_extensions.length > 0 ||`,
  },
  {
    // §12.4.1: whose secrets are encrypted under the group context with the new extensions;
    file: "createCommit.js",
    from: `toLeafIndex(state.privatePath.leafIndex), state.groupContext, state.signaturePrivateKey`,
    to: `toLeafIndex(state.privatePath.leafIndex), {
            ...state.groupContext,
            extensions: res.additionalResult.extensions ?? state.groupContext.extensions,
        }, state.signaturePrivateKey`,
  },
  {
    // §12.1.7: and the proposal's list replaces the group's, also when it is empty.
    file: "clientState.js",
    from: `extensions: newExtensions,`,
    to: `extensions: grouped.group_context_extensions.length > 0 ? newExtensions : state.groupContext.extensions,`,
  },
  {
    file: "createCommit.js",
    from: `res.additionalResult.kind === "memberCommit" && res.additionalResult.extensions.length > 0`,
    to: `res.additionalResult.kind === "memberCommit"`,
  },
  {
    file: "processMessages.js",
    from: `result.additionalResult.kind === "memberCommit" && result.additionalResult.extensions.length > 0`,
    to: `result.additionalResult.kind === "memberCommit"`,
  },
  {
    // §12.4.3.2: the extension external_pub holds an HPKEPublicKey, a vector with its own length; ts-mls takes the bare key.
    file: "createCommit.js",
    from: `import { encode } from "./codec/tlsEncoder.js";`,
    to: `import { encode } from "./codec/tlsEncoder.js";
import { decodeVarLenData, varLenDataEncoder } from "./codec/variableLength.js";`,
  },
  {
    file: "createCommit.js",
    from: `extensionData: externalPub }`,
    to: `extensionData: encode(varLenDataEncoder)(externalPub) }`,
    times: 2,
  },
  {
    file: "createCommit.js",
    from: `exportSecret(externalPub.extensionData, cs)`,
    to: `exportSecret(decodeVarLenData(externalPub.extensionData, 0)[0], cs)`,
  },
  ...["p256", "p384", "p521"].map((curve) => ({
    // §5.1.1: a public key of ECDSA is an uncompressed point; ts-mls makes compressed ones.
    file: "crypto/implementation/default/makeNobleSignatureImpl.js",
    from: `${curve}.getPublicKey(signKey)`,
    to: `${curve}.getPublicKey(signKey, false)`,
  })),
]

// A hook of node:module: called with each file that is imported.
export async function load(url, context, nextLoad) {
  const loaded = await nextLoad(url, context)
  const mine = repairs.filter(({ file }) => url.endsWith(`/ts-mls/dist/src/${file}`))
  if (mine.length === 0) return loaded
  let source = loaded.source.toString()
  for (const { file, from, to, times = 1 } of mine) {
    if (source.split(from).length !== 1 + times) throw new Error(`a repair does not fit ${file}`)
    source = source.replaceAll(from, () => to)
  }
  return { ...loaded, source }
}
