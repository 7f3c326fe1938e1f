// A profile's file is read into the form, so that it is seen before it is sent; also one that was chosen sooner
// than this script was there.
const file = document.getElementById("file");

async function show() {
  if (file.files.length) document.getElementById("text").value = await file.files[0].text();
}

file.addEventListener("change", show);
show();
