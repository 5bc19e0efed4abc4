// Reads QR codes off a page as a camera would: from a picture of it.

import jsQR from "jsqr";

/** Runs in the page: the pixels of a PNG. */
const decode = async (base64) => {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
  canvas.drawImage(bitmap, 0, 0);
  const { data, width, height } = canvas.getImageData(0, 0, bitmap.width, bitmap.height);
  return { data: [...data], width, height };
};

/** What the QR code in this element of the person's page says; undefined if none can be read. */
export const readQr = async (person, element) => {
  const picture = await element.screenshot();
  const { data, width, height } = await person.page.evaluate(decode, picture.toString("base64"));
  return jsQR(Uint8ClampedArray.from(data), width, height)?.data;
};
